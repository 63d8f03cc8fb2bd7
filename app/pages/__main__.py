"""Compresses the files that pages load, those that have changed since: python -m app.pages."""

from app.pages.assets import ASSETS, BEST, COMPRESSED


def main() -> None:
    """Write the compressed forms of every asset, and remove those of earlier contents."""
    COMPRESSED.mkdir(exist_ok=True)
    kept = set()
    for asset in ASSETS.values():
        for coding, path in asset.compressed_files().items():
            kept.add(path)
            if not path.exists():
                path.write_bytes(BEST[coding](asset.content))
                print(f"{path.name}: {path.stat().st_size:,} bytes")
    for path in set(COMPRESSED.iterdir()) - kept:
        path.unlink()


if __name__ == "__main__":
    main()

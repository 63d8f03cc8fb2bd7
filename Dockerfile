# Any image with Python 3.11 to 3.14 as `python3`, venv included. Name it by its digest in production:
# docker build --build-arg BASE=python:3.13-slim-bookworm@sha256:...
ARG BASE=python:3.13-slim-bookworm

FROM $BASE AS build
WORKDIR /srv
RUN python3 -m venv /venv
COPY requirements/ requirements/
RUN /venv/bin/pip install --no-cache-dir --require-hashes -r requirements/build.txt
COPY app/ app/
COPY migrations/ migrations/
COPY data/seed.json data/releases.json data/
RUN /venv/bin/python -m app.content build \
    && python3 -m venv /serve \
    && /serve/bin/pip install --no-cache-dir --require-hashes -r requirements/serve.txt \
    && /serve/bin/pip uninstall --yes pip \
    && /serve/bin/python -m compileall -q /serve/lib app

FROM $BASE
RUN useradd --uid 10001 --no-create-home --no-log-init --shell /usr/sbin/nologin api
WORKDIR /srv
COPY --from=build /serve /serve
COPY --from=build /srv/app app
COPY --from=build /srv/data/content.db data/content.db
COPY openapi.json LICENSE LICENSE-DATA ./
ENV PATH=/serve/bin:$PATH PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 API_HOST=0.0.0.0 API_PORT=8000
USER 10001
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=3s --start-period=5s \
    CMD ["python", "-c", "import os, urllib.request as r; r.urlopen(f'http://127.0.0.1:{os.environ[\"API_PORT\"]}/health/ready', timeout=2)"]
CMD ["python", "-m", "app"]

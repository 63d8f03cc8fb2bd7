// Where requests go: orval asks for it by a function of one's own.

export const fromServer = async <T>(path: string, options: RequestInit): Promise<T> => {
  const response = await fetch(new URL(path, process.argv[2]), options);
  return { data: await response.json(), status: response.status, headers: response.headers } as T;
};

/** One file on its way to the server, with word of how far it is. */

import { ApiError } from "./api.js";

/**
 * Upload a file to a channel. Returns {done, abort}: `done` gives what the server tells of it, or rejects with an
 * ApiError. `fetch` cannot say how much was sent, so this is an XMLHttpRequest.
 *
 * Args:
 *   api: renews the session when that is asked for.
 *   onProgress: (0 to 1) as it goes.
 */
export function upload(api, channel, file, onProgress) {
  let request = null;
  let aborted = false;
  const attempt = () =>
    new Promise((resolve, reject) => {
      request = new XMLHttpRequest();
      request.open("POST", `/api/v1/channels/${channel}/files`);
      request.responseType = "json";
      request.upload.addEventListener("progress", ({ loaded, total }) => onProgress(total ? loaded / total : 0));
      request.addEventListener("load", () => {
        if (request.status === 201) resolve(request.response);
        else reject(problem(request));
      });
      request.addEventListener("error", () => reject(unreachable()));
      request.addEventListener("abort", () => reject(unreachable()));
      const form = new FormData();
      form.append("file", file, file.name || "file");
      request.send(form);
    });

  const run = async () => {
    const sentAt = Date.now();
    try {
      return await attempt();
    } catch (error) {
      if (error.status !== 401 || aborted || !(await api.refresh(sentAt))) throw error;
      return attempt();
    }
  };
  return {
    done: run(),
    abort() {
      aborted = true;
      request?.abort();
    },
  };
}

function problem({ status, response }) {
  return new ApiError({
    status,
    code: response?.code ?? "unavailable",
    detail: response?.detail ?? `The server answered ${status}. Try again in a moment.`,
  });
}

function unreachable() {
  return new ApiError({ status: 0, code: "unreachable", detail: "The file did not reach the server. Try again." });
}

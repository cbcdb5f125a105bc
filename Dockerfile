# marscrop serve; research/ is not even copied. Build: docker build -t marscrop .
# Run: docker run --rm --read-only --tmpfs /tmp -p 127.0.0.1:8000:8000 marscrop
FROM python:3.13-slim-trixie AS build
RUN apt-get update && apt-get install --yes --no-install-recommends gcc libc6-dev
WORKDIR /src
COPY . .
RUN python -m venv /opt/marscrop \
    && /opt/marscrop/bin/pip install --no-cache-dir --no-compile --no-deps --require-hashes -r requirements/image.lock \
    && /opt/marscrop/bin/pip install --no-cache-dir --no-compile --no-deps . \
    && /opt/marscrop/bin/pip uninstall --yes pip \
    # An image that cannot crop is not built; and what a crop imports is compiled, which halves its start.
    && /opt/marscrop/bin/marscrop doctor

FROM python:3.13-slim-trixie
COPY --from=build /opt/marscrop /opt/marscrop
RUN useradd --system --uid 10001 --no-create-home --shell /usr/sbin/nologin marscrop
USER 10001
ENV PATH=/opt/marscrop/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
EXPOSE 8000
# All addresses: those of the container alone; what is published is up to `docker run -p`.
ENTRYPOINT ["marscrop", "serve", "--host", "0.0.0.0"]
HEALTHCHECK --interval=30s --timeout=3s CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8000/healthz', timeout=2)"]
STOPSIGNAL SIGTERM

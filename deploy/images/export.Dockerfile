# Graphs from weights and TensorRT plans from graphs, with torch. From the project's root:
#   docker build -f deploy/images/export.Dockerfile -t wegen-export .

FROM python:3.11.15-slim-bookworm@sha256:b18992999dbe963a45a8a4da40ac2b1975be1a776d939d098c647482bcad5cba AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 \
    PIP_NO_CACHE_DIR=1 \
    PIP_ROOT_USER_ACTION=ignore
WORKDIR /build
COPY constraints.txt constraints-gpu.txt deploy/images/export.txt ./
RUN pip install --only-binary=:all: --target=/packages -c constraints.txt -c constraints-gpu.txt -r export.txt
# Fetches TensorRT's libraries from NVIDIA while it is built.
RUN pip install --target=/packages -c constraints-gpu.txt tensorrt \
    && rm -rf /packages/bin \
    && PYTHONPATH=/packages python -c "import tensorrt, torch"
COPY export /code/export
RUN python -m compileall -q --invalidation-mode unchecked-hash /code

FROM python:3.11.15-slim-bookworm@sha256:b18992999dbe963a45a8a4da40ac2b1975be1a776d939d098c647482bcad5cba AS export
RUN pip uninstall --yes pip setuptools wheel \
    && groupadd --gid 10001 wegen \
    && useradd --uid 10001 --gid wegen --no-log-init --no-create-home --shell /usr/sbin/nologin wegen \
    && install --directory --owner=wegen --group=wegen /work
ARG VERSION=unknown
ARG REVISION=unknown
LABEL org.opencontainers.image.title="wegen-export" \
      org.opencontainers.image.description="WeGen Serve: graphs and TensorRT plans from weights" \
      org.opencontainers.image.version="$VERSION" \
      org.opencontainers.image.revision="$REVISION" \
      org.opencontainers.image.base.name="python:3.11.15-slim-bookworm" \
      org.opencontainers.image.base.digest="sha256:b18992999dbe963a45a8a4da40ac2b1975be1a776d939d098c647482bcad5cba"
COPY --from=build /packages /opt/wegen/packages
COPY --from=build /code /opt/wegen
# The repository without weights, to be copied to where plans are written.
COPY model_repository /opt/wegen/model_repository
ENV PYTHONPATH=/opt/wegen/packages:/opt/wegen \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    HOME=/tmp
WORKDIR /work
USER 10001:10001
# A command that ends, not a service.
HEALTHCHECK NONE
ENTRYPOINT ["python", "-m"]
CMD ["export", "--help"]

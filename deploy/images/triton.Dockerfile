# Triton with our backends and services/engine, without torch. From the project's root, REGISTRY being the host of
# NVIDIA's container registry or of a mirror of it:
#   docker build -f deploy/images/triton.Dockerfile --build-arg REGISTRY=... -t wegen-triton .

ARG REGISTRY

FROM ${REGISTRY}/nvidia/tritonserver:26.08-py3@sha256:71a23d2f27001af58c242380fe05c9d46d5dbc79913d62c60de72543964267df AS build
ENV PIP_CONSTRAINT= \
    PIP_DISABLE_PIP_VERSION_CHECK=1 \
    PIP_NO_CACHE_DIR=1 \
    PIP_ROOT_USER_ACTION=ignore
WORKDIR /build
COPY constraints.txt constraints-gpu.txt deploy/images/triton.txt deploy/images/tensorrt.txt ./
RUN python3 -m pip install --only-binary=:all: --target=/packages \
        -c constraints.txt -c constraints-gpu.txt -r triton.txt \
    && python3 -m pip install --no-deps --target=/packages -c constraints-gpu.txt -r tensorrt.txt \
    && rm -rf /packages/bin
# Ends the build where the image's TensorRT is not the one that constraints-gpu.txt names.
RUN PYTHONPATH=/packages python3 -c "import tensorrt; print(tensorrt.__version__)"
COPY services /code/services
COPY deploy/__init__.py deploy/healthprobe.py deploy/portprobe.py /code/deploy/
COPY deploy/triton /code/deploy/triton
RUN python3 -m compileall -q --invalidation-mode unchecked-hash /code

FROM ${REGISTRY}/nvidia/tritonserver:26.08-py3@sha256:71a23d2f27001af58c242380fe05c9d46d5dbc79913d62c60de72543964267df AS triton
ARG VERSION=unknown
ARG REVISION=unknown
LABEL org.opencontainers.image.title="wegen-triton" \
      org.opencontainers.image.description="WeGen Serve: Triton with the loops of the language model and the denoiser" \
      org.opencontainers.image.version="$VERSION" \
      org.opencontainers.image.revision="$REVISION" \
      org.opencontainers.image.base.name="nvidia/tritonserver:26.08-py3" \
      org.opencontainers.image.base.digest="sha256:71a23d2f27001af58c242380fe05c9d46d5dbc79913d62c60de72543964267df"
COPY --from=build /packages /opt/wegen/packages
COPY --from=build /code /opt/wegen
COPY --from=build /code/deploy/triton/backends/onnxrt_py/model.py /opt/tritonserver/backends/onnxrt_py/model.py
# Triton's Python processes may not heed PYTHONPATH (those of 2.51 do not), and ours come before the base's packages.
COPY deploy/images/triton.pth /opt/wegen/wegen.pth
RUN ln -s /opt/wegen/wegen.pth "$(python3 -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/wegen.pth"
ENV PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    HOME=/tmp
WORKDIR /tmp
USER 10001:10001
EXPOSE 8001 8002
# Health is on loopback inside; plans of several GB take minutes to load.
HEALTHCHECK --interval=10s --timeout=8s --start-period=600s \
    CMD ["python3", "-m", "deploy.healthprobe", "http://127.0.0.1:8000/v2/health/ready"]
ENTRYPOINT ["python3", "-m", "deploy.triton", "--server", "/opt/tritonserver", "--repository", "/models", \
            "--address", "0.0.0.0"]
# The default configurations: TensorRT. "--config-name", "cpu" serves the ONNX graphs.
CMD ["--config-name", ""]

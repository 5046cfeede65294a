# The function and one model in one image. Another model is another image:
#
#     docker build --build-arg MODEL=build/model/model.json -t dev.local/fraud:candidate .

FROM python:3.13-slim AS build
# pip stays here; what it installs goes into a folder that the last stage copies.
RUN python3 -m venv --without-pip /opt/fraud
COPY requirements/function.txt /tmp/
RUN python3 -m pip --python /opt/fraud/bin/python install --no-cache-dir --no-compile \
    --require-hashes --only-binary :all: -r /tmp/function.txt
COPY function /opt/fraud/app/function
ARG MODEL=function/models/default.json
COPY ${MODEL} /opt/fraud/app/model.json
# Compiled here, because the file system is read-only later, and without the times of files, so
# that equal sources make equal layers. The model is read once, so that a bad one fails the build.
RUN find /opt/fraud -name __pycache__ -prune -exec rm -r {} + \
    && python3 -m compileall -q -j 0 --invalidation-mode unchecked-hash /opt/fraud \
    && cd /opt/fraud/app \
    && /opt/fraud/bin/python -c "import pathlib, function.model as model; \
model.read_model(pathlib.Path('model.json'))"

FROM python:3.13-slim
LABEL org.opencontainers.image.title="fraud" \
      org.opencontainers.image.description="Scores credit-card transactions over HTTP and CloudEvents"
COPY --from=build /opt/fraud /opt/fraud
ENV PATH=/opt/fraud/bin:$PATH \
    PYTHONPATH=/opt/fraud/app \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    FRAUD_MODEL=/opt/fraud/app/model.json
WORKDIR /opt/fraud/app
USER 65532:65532
EXPOSE 8080
CMD ["python", "-m", "function.supervisor"]

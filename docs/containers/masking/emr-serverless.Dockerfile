# The image of a masking job on EMR Serverless. The Dockerfile beside it is for Cloud Run, Dataproc and clusters: it builds
# on Debian, while this base is Amazon Linux 2023 (no apt), ends as user hadoop, brings Java and Spark, and starts by an
# entry point of its own.
#
# Not built here: this repository has no container runtime and no image registry. It follows "Customizing an EMR
# Serverless image" (EMR Serverless User Guide). Build it in your own pipeline, from the root of the repository, with the
# base of your application's release, named by its digest:
#
#   python -m build --wheel
#   docker build -f docs/containers/masking/emr-serverless.Dockerfile \
#     --build-arg BASE=public.ecr.aws/emr-serverless/spark/emr-7.5.0@sha256:… -t masking-emr .
#
# It holds code alone: no key, no plan, no data, no credentials of a cloud. Those come at run time from the job's
# identity, the plan's place and the secret manager.
ARG BASE=public.ecr.aws/emr-serverless/spark/emr-7.5.0:latest

FROM ${BASE} AS build
USER root
# The Python of this base is 3.9; a virtual environment leads to its interpreter, so both stages have the same one.
RUN dnf install --assumeyes python3.11 python3.11-pip \
 && dnf clean all
COPY docs/containers/masking/requirements.lock /build/requirements.lock
COPY dist/dataops_infra-*.whl /build/
# Hashes of every package, and of the wheel's dependencies nothing that the lock does not name. Spark puts its own
# pyspark before the one of this environment.
RUN python3.11 -m venv /opt/masking \
 && /opt/masking/bin/pip install --no-cache-dir --require-hashes -r /build/requirements.lock \
 && /opt/masking/bin/pip install --no-cache-dir --no-deps /build/dataops_infra-*.whl \
 && /opt/masking/bin/pip check

FROM ${BASE}
USER root
RUN dnf install --assumeyes python3.11 \
 && dnf clean all
COPY --from=build /opt/masking /opt/masking
# No ENTRYPOINT and no ENV: EMR Serverless starts the image by the base's own, and a run names /opt/masking/bin/python.
USER hadoop:hadoop

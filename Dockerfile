# The kit with Python, Node and npm. docs/install.md shows how to build and run it.
FROM node:22-bookworm-slim

# git reads the commit of a checkout; util-linux, which has `unshare`, is part of the base image.
RUN apt-get update -qq \
 && apt-get install -y -qq --no-install-recommends git python3 python3-venv \
 && rm -rf /var/lib/apt/lists/*

COPY pyproject.toml constraints.txt README.md LICENSE /kit/
COPY conformance /kit/conformance
COPY reference_impl /kit/reference_impl
COPY fixtures /kit/fixtures
RUN python3 -m venv /opt/kit \
 && /opt/kit/bin/python -m pip install --quiet --no-cache-dir --disable-pip-version-check -c /kit/constraints.txt /kit \
 && rm -rf /kit \
 && install -d -o node /cache /work

ENV PATH=/opt/kit/bin:$PATH ANTIGRAVITY_CONFORMANCE_CACHE=/cache
USER node
VOLUME /cache
WORKDIR /work
ENTRYPOINT ["antigravity-conformance"]
CMD ["doctor"]

#!/bin/sh
# Installs the service with its pinned dependencies into a new virtual environment: build.sh FOLDER
# Run by the Dockerfile, and by try-without-docker.sh; from the folder that holds pyproject.toml.
set -eu
"${PYTHON:-python3}" -m venv "$1"
"$1/bin/python" -m pip install --quiet --no-cache-dir --disable-pip-version-check --require-hashes -r requirements.lock
"$1/bin/python" -m pip install --quiet --no-cache-dir --disable-pip-version-check --no-deps --no-build-isolation .

# syntax=docker/dockerfile:1

# The image holds one static program, the certificates it trusts and an empty folder to write to: no shell, no package
# manager, no root. Zone data are inside the program.
FROM golang:1.26.8-bookworm AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN --mount=type=cache,target=/go/pkg/mod go mod download
COPY . .
ARG VERSION=devel
RUN --mount=type=cache,target=/go/pkg/mod --mount=type=cache,target=/root/.cache/go-build \
    CGO_ENABLED=0 go build -trimpath -ldflags "-s -w -X main.version=${VERSION}" -o /out/wx ./cmd/wx \
    && install -d -m 0700 /out/data

FROM scratch
ARG VERSION=devel
LABEL org.opencontainers.image.title="shixi" \
      org.opencontainers.image.description="The enterprise side of the internship filing, with its WeChat messages" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}"
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
COPY --from=build /out/wx /wx
# Of the user that runs the program: a volume mounted here takes its owner from the folder.
COPY --from=build --chown=65532:65532 /out/data /data

USER 65532:65532
WORKDIR /data
# Inside a container every address is behind the port that the operator publishes. PUBLIC_URL must be set, as
# `wx config` says.
ENV LISTEN=0.0.0.0:8080
EXPOSE 8080
# The program asks itself, since the image has nothing else that could. `wx worker` serves nothing: switch it off there.
HEALTHCHECK --interval=10s --timeout=4s --start-period=20s --retries=3 CMD ["/wx", "healthcheck"]
ENTRYPOINT ["/wx"]
CMD ["serve"]

# `make` tells what there is.

SHELL := /bin/bash
PREFIX ?= /usr/local
SWIFT_SOURCES := git ls-files -z --cached --others --exclude-standard '*.swift'
# One configuration for all release builds; the binary carries the Swift libraries and runs without the toolchain.
RELEASE := -c release --static-swift-stdlib
MODULES := Tensors Layers Zoo Engine Datasets Checkpoint ONNX Architecture Training

.DEFAULT_GOAL := help
.PHONY: help setup build test format lint interop docs models bench demo example install clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-9s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## install the system packages that are missing
	@scripts/setup

build: setup ## build in release: .build/release/zoo
	swift build $(RELEASE) --product zoo

test: setup ## build and run all tests
	swift build --build-tests
	swift test --skip-build

format: ## format all Swift files in place
	@$(SWIFT_SOURCES) | xargs -0 swift format --in-place --parallel

lint: ## check the format of all Swift files, strictly
	@$(SWIFT_SOURCES) | xargs -0 swift format lint --strict --parallel
	@echo "lint: $$($(SWIFT_SOURCES) | tr -cd '\0' | wc -c) Swift files are clean"

interop: build ## test against real PyTorch and h5py, in a virtual environment outside the repository
	Tests/interop/run

docs: setup ## build the documentation of every module: .build/docs
	scripts/docs $(MODULES)

models: build ## write the documentation's table of models
	scripts/models-table .build/release/zoo > Sources/Zoo/Zoo.docc/Models.md.new
	mv Sources/Zoo/Zoo.docc/Models.md.new Sources/Zoo/Zoo.docc/Models.md

bench: build ## compare with PyTorch, side by side; ARGS="--only 'alexnet-train-*'" chooses
	ZOO=.build/release/zoo Benchmarks/run $(ARGS)

demo: build ## list, train, interrupt, resume, evaluate and predict, on Fashion-MNIST, in some minutes
	scripts/demo

example: setup ## build and run packages that use the modules as libraries
	swift run --package-path Examples/ten-lines -c release
	swift run --package-path Examples/own-model -c release own-model .build/mixer.h5

install: build ## install zoo and its trained models to PREFIX, /usr/local by default
	install -d "$(DESTDIR)$(PREFIX)/bin"
	install -m 755 .build/release/zoo "$(DESTDIR)$(PREFIX)/bin/zoo"
	@for model in models/*@*/; do \
	  if [[ -f "$$model/best.h5" ]]; then \
	    target="$(DESTDIR)$(PREFIX)/share/zoo/$${model%/}"; \
	    install -d "$$target" && install -m 644 "$$model"/* "$$target/" && echo "installed $$target"; \
	  fi; \
	done
	@echo "installed $(DESTDIR)$(PREFIX)/bin/zoo"

clean: ## remove everything that was built; models/ stays
	rm -rf .build Examples/*/.build

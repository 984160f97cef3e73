# What a user runs. `make` alone lists the targets.
# Both demo and tests use one release build with the cargo feature `verilated`, so that it is compiled once.

CARGO    ?= cargo
FEATURES := --features verilated
.DEFAULT_GOAL := help
.PHONY: help setup setup-tests demo test test-full bench doctor clean
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{ printf "make %-11s %s\n", $$1, $$2 }'

setup: ## install the tools that are missing (says which and why)
	@tools/setup

setup-tests: ## the same, and what only the tests need (Snakemake)
	@tools/setup --tests

demo: setup ## the main job on the bundled MNIST net: accuracy, Verilog, proof in lockstep
	@$(CARGO) run --quiet --release $(FEATURES) -- demo --prove

test: setup-tests ## all tests that end in minutes
	@$(CARGO) test --quiet --release --workspace $(FEATURES)

test-full: setup-tests ## the slow ones too: five-seed place and route, all 10,000 images, long fuzzing, stock frameworks recorded anew
	@tests/oracle/frameworks/record.sh target/frameworks
	@SPIKEWRIGHT_FRAMEWORKS=$(CURDIR)/target/frameworks SPIKEWRIGHT_FULL=1 $(CARGO) test --quiet --release --workspace $(FEATURES)

bench: setup ## measure golden model, simulation and hardware
	@$(CARGO) bench --quiet --workspace $(FEATURES)
	@$(CARGO) run --quiet --release $(FEATURES) -- bench

doctor: ## list tools, versions, and the command that installs each
	@$(CARGO) run --quiet --release -- doctor

clean: ## remove what the build and the tests made (.venv, .venv-snakemake and .venv-frameworks stay)
	@$(CARGO) clean --quiet
	@rm -rf .cache

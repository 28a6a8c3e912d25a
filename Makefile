# What ops and developers type. Everything goes through ./viw, which finds the JDK by itself.
.DEFAULT_GOAL := help
SERVICES := agent-bridge telemetry-writer results-writer admin-api agent
HOME_DIR := $(or $(VIW_HOME),.viw)

.PHONY: help up check-up test check format build clean
help: ## this text
	@echo "targets:"
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):[^#]*## */  \1\t/' | expand -t 28
	@echo "  <service>-build           build one service and what it needs"
	@echo "  <service>-up              start it in the foreground, against the stack that ./viw up runs (or VIW_* of your own)"
	@echo "  <service>-logs            follow the log of the one that ./viw up runs"
	@echo "services: $(SERVICES)"

up: ## start everything on this machine and stay
	./viw up
check-up: ## start everything, make the journey, stop
	./viw up --check
test: ## all checks and tests
	./viw test
check: ## formatter, static checks and architecture rules
	./viw check
format: ## format the Java sources
	./viw format
build: ## build all jars
	./viw build
clean: ## remove what was built (data in .viw stays)
	find . -name target -type d -prune -exec rm -rf {} +

define service
.PHONY: $(1)-build $(1)-up $(1)-logs
$(1)-build:
	./viw build $(1)
$(1)-up:
	./viw service $(1)
$(1)-logs:
	@tail -n 50 -F $(HOME_DIR)/logs/$(2)*.log
endef
$(foreach s,agent-bridge telemetry-writer results-writer admin-api,$(eval $(call service,$(s),$(s))))
$(eval $(call service,agent,demo-gateway))

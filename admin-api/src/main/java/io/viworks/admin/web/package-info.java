/** What every request passes: security, body limits, strict JSON, problems. */
@NullMarked
package io.viworks.admin.web;

import org.jspecify.annotations.NullMarked;

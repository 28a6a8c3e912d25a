/** The API's own description, OpenAPI 3.1. */
@NullMarked
package io.viworks.admin.openapi;

import org.jspecify.annotations.NullMarked;

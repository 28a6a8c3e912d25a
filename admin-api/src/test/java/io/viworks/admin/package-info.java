/** Tests of admin-api on a running server, a real Postgres and a real Redis. */
@NullMarked
package io.viworks.admin;

import org.jspecify.annotations.NullMarked;

/** This process's way to Redis. */
@NullMarked
package io.viworks.admin.redis;

import org.jspecify.annotations.NullMarked;

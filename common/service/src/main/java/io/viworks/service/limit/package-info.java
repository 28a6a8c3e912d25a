/** Rates: how often something may happen, in all or for each of many. */
@NullMarked
package io.viworks.service.limit;

import org.jspecify.annotations.NullMarked;

/** The inventory of gateways, joined with their latest status. */
@NullMarked
package io.viworks.admin.gateway;

import org.jspecify.annotations.NullMarked;

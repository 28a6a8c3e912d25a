/** The closed catalogue of verbs with the JSON Schemas of their arguments. */
@NullMarked
package io.viworks.protocol.verb;

import org.jspecify.annotations.NullMarked;

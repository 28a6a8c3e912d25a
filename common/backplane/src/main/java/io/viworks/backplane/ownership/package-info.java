/** Which bridge holds an agent: claim, renewal, release, presence. */
@NullMarked
package io.viworks.backplane.ownership;

import org.jspecify.annotations.NullMarked;

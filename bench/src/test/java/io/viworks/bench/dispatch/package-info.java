/** What is made of the figures of dispatch, on figures made up. */
@NullMarked
package io.viworks.bench.dispatch;

import org.jspecify.annotations.NullMarked;

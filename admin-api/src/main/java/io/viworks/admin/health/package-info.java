/** What is away, told to whoever asks for health. */
@NullMarked
package io.viworks.admin.health;

import org.jspecify.annotations.NullMarked;

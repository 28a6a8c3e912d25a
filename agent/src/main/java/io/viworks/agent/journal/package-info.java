/**
 * What this gateway was asked to do and how it ended, on disk before anybody is told: the reason
 * why a command runs at most once and its end is never lost.
 */
@NullMarked
package io.viworks.agent.journal;

import org.jspecify.annotations.NullMarked;

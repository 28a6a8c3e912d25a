/** Agents' certificates: how they are presented, who may issue them, and which are taken back. */
@NullMarked
package io.viworks.bridge.certificate;

import org.jspecify.annotations.NullMarked;

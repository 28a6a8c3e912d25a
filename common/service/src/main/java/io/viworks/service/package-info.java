/** What every service does at its start and its end. */
@NullMarked
package io.viworks.service;

import org.jspecify.annotations.NullMarked;

/** Lists as files: CSV and NDJSON, streamed from the database row by row. */
@NullMarked
package io.viworks.admin.export;

import org.jspecify.annotations.NullMarked;

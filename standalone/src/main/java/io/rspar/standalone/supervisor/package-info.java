/** Child processes: started, watched, restarted when they die, stopped in order. */
package io.rspar.standalone.supervisor;

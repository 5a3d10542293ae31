/** Whether tests run against servers in containers or in this process. */
package io.rspar.kit.backend;

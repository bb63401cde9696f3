/** Labs of language models that are served: engines, speculation, constraints. */
package lyceum.labs.serve;

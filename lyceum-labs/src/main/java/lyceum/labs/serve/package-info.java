/** Labs of serving language models: memory, batches, beginnings, fleets. */
package lyceum.labs.serve;

/** Labs of serving language models: memory, batches, beginnings, fleets, drafts and constraints. */
package lyceum.labs.serve;

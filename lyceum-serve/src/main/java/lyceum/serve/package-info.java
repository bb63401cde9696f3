/** Serving language models: an engine of a scheduler and a pool of cache blocks, which knows neither clock nor model, and what drives it. */
package lyceum.serve;

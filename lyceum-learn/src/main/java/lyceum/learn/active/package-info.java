/** Which rows to have labelled next: pool-based active learning, its queries, oracles and stopping rules. */
package lyceum.learn.active;

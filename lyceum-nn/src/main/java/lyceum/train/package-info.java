/** Training loops. */
package lyceum.train;

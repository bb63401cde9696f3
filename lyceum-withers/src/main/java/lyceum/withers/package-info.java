/** Records that can be copied with one component changed; start from {@link lyceum.withers.Withers}. */
package lyceum.withers;

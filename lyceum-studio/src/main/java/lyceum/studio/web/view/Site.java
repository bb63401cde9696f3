package lyceum.studio.web.view;

/**
 * Facts of this installation that stand at the foot of every page.
 *
 * @param version release of the library
 * @param backend compute kernels in use
 * @param threads threads a lab computes with
 * @param topics  topics in the catalogue
 * @param apiDocs whether the aggregated Javadoc is there to be served
 */
public record Site(String version, String backend, int threads, int topics, boolean apiDocs) {}

package lyceum.studio.web.view;

import java.util.function.IntSupplier;

/**
 * Facts of this installation that stand at the foot of every page.
 *
 * @param version release of the library
 * @param backend compute kernels in use
 * @param threads threads a lab computes with; 0 where none runs
 * @param count   topics in the catalogue, which is still being read when the server starts
 * @param apiDocs whether the aggregated Javadoc is there to be served
 */
public record Site(String version, String backend, int threads, IntSupplier count, boolean apiDocs) {

    /** Topics in the catalogue. */
    public int topics() {
        return count.getAsInt();
    }
}

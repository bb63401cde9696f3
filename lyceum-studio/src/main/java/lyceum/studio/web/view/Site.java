package lyceum.studio.web.view;

import java.util.function.IntSupplier;
import java.util.function.Supplier;

/**
 * Facts of this installation that stand at the foot of every page.
 *
 * @param version release of the library
 * @param labs    name of the backend that labs compute with, empty until one has been asked
 * @param threads threads a lab computes with; 0 where none runs
 * @param count   topics in the catalogue, which is still being read when the server starts
 * @param apiDocs whether the aggregated Javadoc is there to be served
 */
public record Site(String version, Supplier<String> labs, int threads, IntSupplier count, boolean apiDocs) {

    /** What labs compute with, in words; empty while it is not known. */
    public String kernels() {
        return switch (labs.get()) {
            case "" -> "";
            case "x86" -> "machine code";
            case String name -> name + " kernels";
        };
    }

    /** Topics in the catalogue. */
    public int topics() { return count.getAsInt(); }
}

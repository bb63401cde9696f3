package lyceum.labs.dummy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;

/** Ends its JVM: as the system does where memory runs out, or by reading where nothing is. */
@Lab(topics = "k-means", title = "A dummy that is killed")
final class KilledLab implements LabBody {
    @Override
    @SuppressWarnings("restricted") public void run(LabContext lab) {
        boolean crash = lab.flag("crash", false);
        lab.say("It begins.");
        if (crash) {
            MemorySegment.ofAddress(8).reinterpret(8).get(ValueLayout.JAVA_BYTE, 0);
        }
        try {
            new ProcessBuilder("kill", "-9", String.valueOf(ProcessHandle.current().pid())).start().waitFor();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}

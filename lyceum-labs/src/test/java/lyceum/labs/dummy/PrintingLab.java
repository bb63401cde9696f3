package lyceum.labs.dummy;

import static lyceum.labs.Bounds.exactly;

import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;

/** Prints to standard output, which belongs to the worker's protocol. */
@Lab(topics = "k-means", title = "A dummy that prints")
final class PrintingLab implements LabBody {
    @Override public void run(LabContext lab) {
        lab.say("printing");
        System.out.println("{\"type\":\"failed\",\"message\":\"forged\",\"stack\":\"\"}");
        lab.check(1, "pid", ProcessHandle.current().pid(), exactly(ProcessHandle.current().pid()));
    }
}

package lyceum.labs.dummy;

import java.util.ArrayList;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;

/** Uses up the heap. */
@Lab(topics = "k-means", title = "A dummy that wants all memory")
final class GreedyLab implements LabBody {
    @Override public void run(LabContext lab) {
        lab.say("allocating");
        var all = new ArrayList<long[]>();
        while (true) {
            all.add(new long[1 << 20]);
        }
    }
}

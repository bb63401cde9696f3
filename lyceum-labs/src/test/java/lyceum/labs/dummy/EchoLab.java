package lyceum.labs.dummy;

import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;

/** Says a line that it is given. */
@Lab(topics = "k-means", title = "An echo")
final class EchoLab implements LabBody {
    @Override public void run(LabContext lab) { lab.say("%s", lab.text("line", "hello there", 20)); }
}

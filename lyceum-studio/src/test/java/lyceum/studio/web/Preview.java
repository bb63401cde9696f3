package lyceum.studio.web;

import java.nio.file.Path;
import lyceum.labs.run.LabRunner;

/** Serves the tests' studio to look at: {@code Preview PORT FOLDER [JAVADOC]}. */
final class Preview {

    private Preview() {}

    public static void main(String[] args) throws InterruptedException {
        Studio.start(new StudioOptions("127.0.0.1", Integer.parseInt(args[0]), Path.of(args[1]), args.length > 2 ? Path.of(args[2]) : null,
                false, true), Shelf.encyclopedia(), new LabRunner(2));
        Thread.currentThread().join();
    }
}

package lyceum.studio.web;

import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;

/** Tests of one studio, which is open while those of a class run. */
abstract class OpenStudio {

    @TempDir static Path store;
    static Studio studio;
    static Http http;

    @BeforeAll static void open() {
        studio = Shelf.open(store);
        http = new Http(studio.port());
    }

    @AfterAll static void close() { studio.close(); }
}

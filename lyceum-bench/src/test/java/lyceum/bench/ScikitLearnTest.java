package lyceum.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import org.junit.jupiter.api.Test;

class ScikitLearnTest {
    /** Neither a program that is not there nor one that is no Python. */
    @Test void withoutItTheLineThatInstallsItIsSaid() throws IOException {
        for (var python : new String[] {"/no/such/python3", "/bin/true"})
            assertThat(said(python)).contains("sudo apt-get install python3-sklearn");
    }

    private static String said(String python) throws IOException {
        var out = new ByteArrayOutputStream();
        var before = System.err;
        try {
            System.setErr(new PrintStream(out, true));
            System.setProperty("lyceum.python", python);
            assertThat(ScikitLearn.find(1)).isNull();
        } finally {
            System.setErr(before);
            System.clearProperty("lyceum.python");
        }
        return out.toString();
    }
}

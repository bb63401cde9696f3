package lyceum.studio.cli;

import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;

/** Remembers why what was written did not arrive, which a {@link java.io.PrintStream} keeps to itself. */
final class Output extends FilterOutputStream {

    private String trouble = "";

    Output(OutputStream out) { super(out); }

    /** Why something could not be written; empty when all was. A reader that has read enough ({@code | head}) is no trouble. */
    String trouble() { return trouble.contains("Broken pipe") ? "" : trouble; }

    @Override public void write(byte[] bytes, int from, int length) throws IOException { attempt(() -> out.write(bytes, from, length)); }

    @Override public void write(int one) throws IOException { attempt(() -> out.write(one)); }

    @Override public void flush() throws IOException { attempt(out::flush); }

    private interface Attempt {
        void run() throws IOException;
    }

    private void attempt(Attempt attempt) throws IOException {
        try {
            attempt.run();
        } catch (IOException e) {
            trouble = trouble.isEmpty() ? String.valueOf(e.getMessage()) : trouble;
            throw e;
        }
    }
}

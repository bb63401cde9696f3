package lyceum.backend;

import java.io.IOException;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** The trace event format of Chrome: one complete event ({@code "ph": "X"}) a call, in microseconds, and the threads' names. */
final class ChromeTrace {
    private ChromeTrace() {}

    static void write(Path file, List<Profile.Event> events, Map<Long, String> threads, long dropped) throws IOException {
        try (var out = Files.newBufferedWriter(file)) {
            out.write("{\"displayTimeUnit\":\"ns\",\"otherData\":{\"dropped\":" + dropped + "},\"traceEvents\":[");
            var separator = "\n";
            for (var thread : threads.entrySet()) {
                out.write(
                        separator + "{\"ph\":\"M\",\"pid\":1,\"tid\":" + thread.getKey() + ",\"name\":\"thread_name\",\"args\":{\"name\":");
                text(out, thread.getValue());
                out.write("}}");
                separator = ",\n";
            }
            for (var event : events) {
                out.write(separator + "{\"ph\":\"X\",\"pid\":1,\"tid\":" + event.thread() + ",\"cat\":\"kernel\",\"name\":");
                text(out, event.operation());
                out.write(String.format(Locale.ROOT, ",\"ts\":%.3f,\"dur\":%.3f,\"args\":{\"shape\":", event.start() * 1e-3,
                        event.nanos() * 1e-3));
                text(out, event.shape());
                out.write(",\"type\":");
                text(out, event.type());
                out.write("}}");
                separator = ",\n";
            }
            out.write("\n]}\n");
        }
    }

    private static void text(Writer out, String text) throws IOException {
        out.write('"');
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '"' || c == '\\') out.write("\\" + c);
            else if (c < 0x20 || Character.isSurrogate(c)) out.write(String.format(Locale.ROOT, "\\u%04x", (int) c));
            else out.write(c);
        }
        out.write('"');
    }
}

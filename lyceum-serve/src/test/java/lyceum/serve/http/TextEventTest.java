package lyceum.serve.http;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import java.io.ByteArrayOutputStream;
import java.io.OutputStream;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** Events that are written as bytes are those that a tree of JSON gives. */
class TextEventTest {
    private static ObjectNode event(String model, int number, String text) {
        var node = JsonMapper.shared().createObjectNode().put("model", model).put("number", number);
        node.putArray("choices").addObject().put("text", text).putNull("reason");
        return node;
    }

    private static byte[] tree(String name, ObjectNode node) {
        return ((name == null ? "" : "event: " + name + "\n") + "data: " + node + "\n\n").getBytes(StandardCharsets.UTF_8);
    }

    @Test void everyCharacterIsWrittenAsJacksonDoes() {
        var model = "0 \"1\" \\ 01 ü 👩";
        var event = TextEvent.of(null, text -> event(model, 7, text));
        for (int from = 0; from <= Character.MAX_CODE_POINT; from += 1024) {
            var text = new StringBuilder(); // with halves of surrogate pairs, each before a letter
            for (int c = from; c < from + 1024; c++) text.appendCodePoint(c).append('x');
            var sent = new ByteArrayOutputStream();
            new EventStream(sent).send(event, text.toString());
            assertThat(sent.toByteArray()).as("from %x", from).isEqualTo(tree(null, event(model, 7, text.toString())));
        }
    }

    @Test void namesAndNumbersStandWhereATreeHasThem() {
        var event = TextEvent.of("delta", (number, text) -> event("a", number, text));
        var sent = new ByteArrayOutputStream();
        var expected = new ByteArrayOutputStream();
        var stream = new EventStream(sent);
        for (int number : new int[] {0, 1, 9, 10, 99, 100, 12_345, 1_000_000_000, Integer.MAX_VALUE})
            for (var text : new String[] {"", "0", "a \"quoted\" one\n", "x".repeat(3000)}) {
                stream.send(event, number, text);
                expected.writeBytes(tree("delta", event("a", number, text)));
            }
        assertThat(sent.toString(StandardCharsets.UTF_8)).isEqualTo(expected.toString(StandardCharsets.UTF_8));
    }

    @Test void aTokensEventTakesNoHeap() {
        var event = TextEvent.of(null, text -> event("tiny", 7, text));
        var stream = new EventStream(OutputStream.nullOutputStream());
        var threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long id = Thread.currentThread().threadId(), before = 0;
        int events = 2000;
        for (int round = 0; round < 2; round++) {
            before = threads.getThreadAllocatedBytes(id);
            for (int i = 0; i < events; i++) stream.send(event, " the \"word\" für");
        }
        assertThat((threads.getThreadAllocatedBytes(id) - before) / (double) events).isLessThan(1);
    }
}

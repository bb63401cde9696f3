package lyceum.serve.http;

import io.javalin.http.Context;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The fields of a request, each checked as it is read; what nobody reads is ignored. */
record Fields(JsonNode json) {
    /**
     * Of a request's body, of which no more is read than that, whether its head says how long it is or not.
     *
     * @throws ApiException if it is longer (413), breaks off, or is no JSON object
     */
    static Fields of(Context context, int mostBytes) {
        long told = context.req().getContentLengthLong();
        if (told > mostBytes) throw tooLong(mostBytes);
        byte[] body;
        try {
            var in = context.req().getInputStream();
            body = in.readNBytes(told < 0 ? mostBytes : (int) told);
            if (body.length == mostBytes && in.read() >= 0) throw tooLong(mostBytes);
        } catch (IOException e) {
            throw ApiException.bad(null, "the body breaks off: " + e.getMessage());
        }
        return of(body);
    }

    private static ApiException tooLong(int mostBytes) {
        return ApiException.of(413, "invalid_request_error", null, "the body is longer than " + mostBytes + " bytes");
    }

    /** Of JSON in UTF-8. @throws ApiException if it is no JSON object */
    static Fields of(byte[] body) {
        try {
            var json = JsonMapper.shared().readTree(body);
            if (json.isObject()) return new Fields(json);
        } catch (JacksonException e) {
            throw ApiException.bad(null, "the body is not JSON: " + e.getOriginalMessage());
        }
        throw ApiException.bad(null, "the body is not a JSON object");
    }

    boolean has(String name) { return json.hasNonNull(name); }

    JsonNode get(String name) { return json.path(name); }

    String text(String name, String otherwise) {
        if (!has(name)) return otherwise;
        if (!json.get(name).isString()) throw ApiException.bad(name, name + " is " + shown(json.get(name)) + "; it is a text");
        return json.get(name).asString();
    }

    boolean flag(String name, boolean otherwise) {
        if (!has(name)) return otherwise;
        if (!json.get(name).isBoolean()) throw ApiException.bad(name, name + " is " + shown(json.get(name)) + "; it is true or false");
        return json.get(name).asBoolean();
    }

    double number(String name, double otherwise, double least, double most) {
        if (!has(name)) return otherwise;
        var value = json.get(name);
        if (!value.isNumber() || !(value.asDouble() >= least && value.asDouble() <= most))
            throw ApiException.bad(name, name + " is " + shown(value) + "; it is a number from " + least + " to " + most);
        return value.asDouble();
    }

    int whole(String name, int otherwise, int least, int most) {
        if (!has(name)) return otherwise;
        var value = json.get(name);
        if (!value.isIntegralNumber() || !value.canConvertToInt() || value.asInt() < least || value.asInt() > most)
            throw ApiException.bad(name, name + " is " + shown(value) + "; it is a whole number from " + least + " to " + most);
        return value.asInt();
    }

    long whole(String name, long otherwise) {
        if (!has(name)) return otherwise;
        var value = json.get(name);
        if (!value.isIntegralNumber() || !value.canConvertToLong())
            throw ApiException.bad(name, name + " is " + shown(value) + "; it is a whole number");
        return value.asLong();
    }

    /** Empty where there is none. */
    JsonNode object(String name) {
        if (!has(name)) return JsonMapper.shared().createObjectNode();
        if (!json.get(name).isObject()) throw ApiException.bad(name, name + " is " + shown(json.get(name)) + "; it is a JSON object");
        return json.get(name);
    }

    /** One text or a list of them. */
    List<String> texts(String name) {
        if (!has(name)) return List.of();
        var value = json.get(name);
        var all = new ArrayList<String>();
        for (var each : value.isArray() ? value.values() : List.of(value)) {
            if (!each.isString()) throw ApiException.bad(name, name + " has " + shown(each) + "; it is a text, or a list of texts");
            all.add(each.asString());
        }
        return all;
    }

    /** One text, a list of texts, a list of ids, or a list of lists of ids: each as what {@code ids} makes of a text. */
    List<int[]> inputs(String name, Function<String, int[]> ids) {
        if (!has(name)) throw ApiException.bad(name, name + " is missing");
        var value = json.get(name);
        if (value.isArray() && !value.isEmpty() && value.get(0).isNumber()) return List.of(numbers(name, value));
        var all = new ArrayList<int[]>();
        for (var each : value.isArray() ? value.values() : List.of(value)) {
            if (each.isString()) all.add(ids.apply(each.asString()));
            else if (each.isArray()) all.add(numbers(name, each));
            else throw ApiException.bad(name, name + " has " + shown(each) + "; it is a text, a list of texts, or of lists of ids");
        }
        if (all.isEmpty()) throw ApiException.bad(name, name + " is empty");
        return all;
    }

    private static int[] numbers(String name, JsonNode list) {
        var ids = new int[list.size()];
        for (int i = 0; i < ids.length; i++) {
            if (!list.get(i).isIntegralNumber() || !list.get(i).canConvertToInt())
                throw ApiException.bad(name, name + " has " + shown(list.get(i)) + "; ids are whole numbers");
            ids[i] = list.get(i).asInt();
        }
        return ids;
    }

    static String shown(JsonNode node) {
        var text = node.toString();
        return text.length() <= 60 ? text : text.substring(0, 60) + "..";
    }
}

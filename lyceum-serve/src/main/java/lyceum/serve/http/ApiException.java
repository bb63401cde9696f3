package lyceum.serve.http;

import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** A request that is answered with an error. */
final class ApiException extends RuntimeException {
    private static final long serialVersionUID = 1;

    final int status;
    private final String type, param, code;

    private ApiException(int status, String type, String param, String code, String message) {
        super(message);
        this.status = status;
        this.type = type;
        this.param = param;
        this.code = code;
    }

    /** A field that cannot be. */
    static ApiException bad(String param, String message) { return new ApiException(400, "invalid_request_error", param, null, message); }

    static ApiException of(int status, String type, String code, String message) {
        return new ApiException(status, type, null, code, message);
    }

    /** As OpenAI's clients read it. */
    ObjectNode json() {
        var root = JsonMapper.shared().createObjectNode();
        root.putObject("error").put("message", getMessage()).put("type", type).put("param", param).put("code", code);
        return root;
    }
}

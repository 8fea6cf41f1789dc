#include "serve/openapi.hpp"

#include <fstream>
#include <regex>
#include <set>
#include <sstream>

#include "serve/harness.hpp"
#include "serve/routes.hpp"

namespace vigil::serve::test {
namespace {

const json& document() {
  static const json parsed = json::parse(openapi());
  return parsed;
}

const json& resolved(const json& node) {
  if (!node.is_object() || !node.contains("$ref")) return node;
  const auto ref = node["$ref"].get<std::string>();
  return document().at(json::json_pointer(ref.substr(1)));
}

/// What of JSON Schema the document uses. Anything else in it is a mistake of the document.
void check(const json& schema_or_ref, const json& value, const std::string& where,
           std::vector<std::string>& wrong) {
  const auto& schema = resolved(schema_or_ref);
  static const std::set<std::string> known = {"type",    "properties", "required",    "additionalProperties",
                                              "items",   "enum",       "const",       "oneOf",
                                              "minimum", "maximum",    "maxItems",    "maxLength",
                                              "pattern", "format",     "description", "default"};
  for (const auto& [key, unused] : schema.items())
    if (!known.contains(key)) wrong.push_back(where + ": the test does not know the keyword " + key);
  if (schema.contains("oneOf")) {
    int fits = 0;
    for (const auto& one : schema["oneOf"]) {
      std::vector<std::string> inner;
      check(one, value, where, inner);
      fits += inner.empty() ? 1 : 0;
    }
    if (fits != 1)
      wrong.push_back(where + ": fits " + std::to_string(fits) + " of oneOf: " + value.dump().substr(0, 200));
  }
  if (schema.contains("type")) {
    const auto is = [&](const std::string& type) {
      return type == "object"    ? value.is_object()
             : type == "array"   ? value.is_array()
             : type == "string"  ? value.is_string()
             : type == "boolean" ? value.is_boolean()
             : type == "integer" ? value.is_number_integer()
             : type == "number"  ? value.is_number()
                                 : type == "null" && value.is_null();
    };
    const auto& type = schema["type"];
    const bool fits = type.is_array()
                          ? std::any_of(type.begin(), type.end(), [&](const json& t) { return is(t); })
                          : is(type);
    if (!fits) {
      wrong.push_back(where + ": expected " + type.dump() + ", found " + value.dump().substr(0, 100));
      return;
    }
  }
  if (schema.contains("enum") &&
      std::find(schema["enum"].begin(), schema["enum"].end(), value) == schema["enum"].end())
    wrong.push_back(where + ": " + value.dump() + " is none of its enum");
  if (schema.contains("const") && schema["const"] != value)
    wrong.push_back(where + ": is not " + schema["const"].dump());
  if (value.is_number() && schema.contains("minimum") && value < schema["minimum"])
    wrong.push_back(where + ": too small");
  if (value.is_number() && schema.contains("maximum") && value > schema["maximum"])
    wrong.push_back(where + ": too large");
  if (value.is_string()) {
    const auto text = value.get<std::string>();
    if (schema.contains("pattern") &&
        !std::regex_search(text, std::regex(schema["pattern"].get<std::string>())))
      wrong.push_back(where + ": does not match its pattern");
    static const std::regex time(R"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d))");
    if (schema.value("format", "") == "date-time" && !std::regex_match(text, time))
      wrong.push_back(where + ": no time: " + text);
  }
  if (value.is_array()) {
    if (schema.contains("maxItems") && value.size() > schema["maxItems"])
      wrong.push_back(where + ": too many items");
    for (std::size_t i = 0; schema.contains("items") && i < value.size(); ++i)
      check(schema["items"], value[i], where + "[" + std::to_string(i) + "]", wrong);
  }
  if (value.is_object()) {
    for (const auto& name : schema.value("required", json::array()))
      if (!value.contains(name.get<std::string>()))
        wrong.push_back(where + ": lacks " + name.get<std::string>());
    const auto properties = schema.value("properties", json::object());
    for (const auto& [name, inner] : value.items()) {
      if (properties.contains(name))
        check(properties[name], inner, where + "." + name, wrong);
      else if (schema.contains("additionalProperties") && schema["additionalProperties"].is_object())
        check(schema["additionalProperties"], inner, where + "." + name, wrong);
      else if (schema.contains("additionalProperties") && schema["additionalProperties"] == false)
        wrong.push_back(where + ": has " + name + ", which the document does not know");
    }
  }
}

std::string misfit(const json& schema, const json& value, const std::string& where) {
  std::vector<std::string> wrong;
  check(schema, value, where, wrong);
  std::string all;
  for (const auto& w : wrong)
    all += w + "\n";
  return all;
}
json schema(const std::string& name) { return {{"$ref", "#/components/schemas/" + name}}; }

void each_ref(const json& node, const std::function<void(const std::string&)>& see) {
  if (node.is_object() && node.contains("$ref")) see(node["$ref"]);
  if (node.is_structured())
    for (const auto& inner : node)
      each_ref(inner, see);
}

TEST(OpenApi, IsTheFileBesideTheSources) {
  std::ifstream file(std::string(VIGIL_SOURCE_DIR) + "/daemon/serve/openapi.json");
  std::stringstream text;
  text << file.rdbuf();
  EXPECT_EQ(text.str(), openapi());
  EXPECT_EQ(document().at("openapi"), "3.1.0");
}

TEST(OpenApi, SaysTheSameAsTheRoutes) {
  std::set<std::string> ours;
  for (const auto& r : routes()) {
    std::string query;
    std::set<std::string> keys(r.query.begin(), r.query.end());
    for (const auto& k : keys)
      query += " " + k;
    ours.insert(std::string(r.method) + " " + std::string(r.path) + query);
  }
  std::set<std::string> theirs;
  for (const auto& [path, item] : document().at("paths").items())
    for (const auto& [method, operation] : item.items()) {
      std::string upper = method;
      for (auto& c : upper)
        c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
      std::set<std::string> keys;
      std::set<std::string> places;
      for (const auto& p : operation.value("parameters", json::array()))
        (p.at("in") == "query" ? keys : places).insert(p.at("name").get<std::string>());
      std::string query;
      for (const auto& k : keys)
        query += " " + k;
      theirs.insert(upper + " " + path + query);
      std::set<std::string> in_path;
      static const std::regex place(R"(\{(\w+)\})");
      for (std::sregex_iterator i(path.begin(), path.end(), place), end; i != end; ++i)
        in_path.insert((*i)[1]);
      EXPECT_EQ(places, in_path) << path;
    }
  EXPECT_EQ(ours, theirs);
  EXPECT_EQ(ours.size(), routes().size());
}

TEST(OpenApi, EveryReferenceResolvesAndNothingIsUnused) {
  std::set<std::string> used;
  each_ref(document(), [&](const std::string& ref) {
    used.insert(ref);
    EXPECT_TRUE(document().contains(json::json_pointer(ref.substr(1)))) << ref;
  });
  for (const std::string kind : {"schemas", "responses"})
    for (const auto& [name, unused] : document().at("components").at(kind).items())
      EXPECT_TRUE(used.contains("#/components/" + kind + "/" + name)) << name;
}

TEST(OpenApi, EveryOperationIsNamedOnceAndSaysItsErrors) {
  std::set<std::string> ids;
  for (const auto& [path, item] : document().at("paths").items())
    for (const auto& [method, operation] : item.items()) {
      EXPECT_TRUE(ids.insert(operation.at("operationId")).second) << path;
      EXPECT_FALSE(operation.at("summary").get<std::string>().empty()) << path;
      for (const std::string status : {"400", "403", "405", "408", "421"})
        EXPECT_TRUE(operation.at("responses").contains(status)) << path << " " << status;
    }
}

TEST(OpenApi, KnowsEveryKindOfEvent) {
  std::set<std::string> ours;
  [&]<std::size_t... I>(std::index_sequence<I...>) {
    (ours.insert(std::string(std::variant_alternative_t<I, Payload>::kind)), ...);
  }(std::make_index_sequence<std::variant_size_v<Payload>>());
  std::set<std::string> theirs;
  for (const auto& k : document()["components"]["schemas"]["Event"]["properties"]["kind"]["enum"])
    theirs.insert(k);
  EXPECT_EQ(ours, theirs);
}

void fill(Running& run) {
  auto bed = snapshot("bed-1");
  bed.night_open = true;
  bed.night = "bed-1-1";
  bed.night_opened = evening;
  bed.reading.load_kg = Measure{71.2F, run.now.at};
  run.server->publish_beds({bed, snapshot("bed-2")});
  DeviceHealth d;
  d.device = "hid_scale:1-1";
  d.driver = "hid_scale";
  d.last_sample = run.now.at;
  d.rejects[0] = 3;
  d.newest = 71.2F;
  run.server->publish_devices({d});
}

TEST(OpenApi, WhatIsAnsweredFitsIt) {
  Running run;
  run.start(notes(3));
  fill(run);
  Peer peer(run.port());
  const auto answered = [&](const std::string& method, const std::string& path, const HttpAnswer& a) {
    const auto& response =
        resolved(document()["paths"][path][method]["responses"].at(std::to_string(a.status)));
    return misfit(response["content"]["application/json"]["schema"], a.parsed(), path);
  };
  for (const auto& r : routes()) {
    if (r.method != "GET" || r.handle == nullptr) continue;
    std::string path(r.path);
    auto real = std::regex_replace(path, std::regex(R"(\{bed\})"), "bed-1");
    real = std::regex_replace(real, std::regex(R"(\{night\})"), Running::a_night().night.str());
    const auto a = peer.get(real);
    EXPECT_EQ(a.status, 200) << real;
    EXPECT_EQ(answered("get", path, a), "");
    if (!r.query.empty()) {
      const auto bad = peer.get(real + "?limit=x&from=x");
      EXPECT_EQ(bad.status, 400) << real;
      EXPECT_EQ(answered("get", path, bad), "");
    }
    peer.request("PATCH", real);
    EXPECT_EQ(answered("get", path, peer.answer()), "");
  }
  EXPECT_EQ(answered("get", "/api/v1/live", peer.get("/api/v1/live")), "");

  const std::string path = "/api/v1/beds/{bed}/entries";
  const auto& request =
      document()["paths"][path]["post"]["requestBody"]["content"]["application/json"]["schema"];
  const std::vector<std::string> bodies = {
      R"({"id":"client-0001","kind":"pain.checkin","data":{"score":7}})",
      R"({"id":"client-0002","kind":"pain.checkin","data":{"score":0,"regions":[],"qualities":[],"note":"so"}})",
      R"({"id":"client-0003","kind":"note.added","data":{"text":"x"}})",
      R"({"id":"client-0004","kind":"entry.corrected","data":{"corrects":1,"withdrawn":false,"score":3,"note":""}})",
      R"({"id":"client-0005","kind":"lights.out","data":{}})",
      R"({"id":"client-0006","kind":"lights.on"})",
      R"({"id":"client-0007","kind":"call.seen","data":{"call":12}})",
  };
  for (const auto& body : bodies) {
    EXPECT_EQ(misfit(request, json::parse(body), "entry"), "");
    for (const int status : {201, 200}) {
      const auto a = peer.post("/api/v1/beds/bed-1/entries", body);
      EXPECT_EQ(a.status, status) << body << a.body;
      EXPECT_EQ(answered("post", path, a), "");
    }
  }
  for (const std::string body :
       {R"({"id":"client-0001","kind":"pain.checkin","data":{"score":11}})",
        R"({"id":"x","kind":"lights.on","data":{}})", R"({"id":"client-0001","kind":"bed.left","data":{}})",
        R"({"id":"client-0001","kind":"pain.checkin"})",
        R"({"id":"client-0001","kind":"lights.on","data":{},"more":1})",
        R"({"id":"client-0001","kind":"call.seen","data":{"call":0}})",
        R"({"id":"client-0001","kind":"pain.flare","data":{}})",
        R"({"id":"client-0001","kind":"note.added","data":{}})"}) {
    EXPECT_NE(misfit(request, json::parse(body), "entry"), "")
        << body;  // the document and the daemon refuse alike
    const auto a = peer.post("/api/v1/beds/bed-1/entries", body);
    EXPECT_EQ(a.status, 400) << body;
    EXPECT_EQ(answered("post", path, a), "");
  }
}

TEST(OpenApi, AssignmentsFitIt) {
  Running run;
  run.start();
  fill(run);
  Peer peer(run.port());
  const std::string path = "/api/v1/assignments";
  const auto& post = document()["paths"][path]["post"];
  const auto& request = post["requestBody"]["content"]["application/json"]["schema"];
  const auto answered = [&](const HttpAnswer& a) {
    const auto& response = resolved(post["responses"].at(std::to_string(a.status)));
    return misfit(response["content"]["application/json"]["schema"], a.parsed(), path);
  };
  for (const std::string body : {
           R"({"id":"client-0001","device":"hid_scale:1-1","bed":"bed-1"})",
           R"({"id":"client-0002","device":"hid_scale:1-1","bed":"bed-2","taken":false,"settings":""})",
           R"({"id":"client-0003","device":"hid_scale:1-1","bed":"bed-2","taken":true})",
       }) {
    EXPECT_EQ(misfit(request, json::parse(body), "assignment"), "");
    for (const int status : {201, 200}) {
      const auto a = peer.post(path, body);
      EXPECT_EQ(a.status, status) << body << a.body;
      EXPECT_EQ(answered(a), "");
    }
  }
  for (const std::string body :
       {R"({"id":"x","device":"hid_scale:1-1","bed":"bed-1"})", R"({"id":"client-0004","bed":"bed-1"})",
        R"({"id":"client-0004","device":"hid_scale:1-1"})",
        R"({"id":"client-0004","device":"hid_scale:1-1","bed":"bed-1","taken":1})",
        R"({"id":"client-0004","device":"hid_scale:1-1","bed":"bed-1","more":1})",
        R"({"id":"client-0004","device":"","bed":"bed-1"})"}) {
    EXPECT_NE(misfit(request, json::parse(body), "assignment"), "") << body;
    const auto a = peer.post(path, body);
    EXPECT_EQ(a.status, 400) << body;
    EXPECT_EQ(answered(a), "");
  }
}

TEST(OpenApi, ValidationsFitIt) {
  Running run;
  run.start();
  Peer peer(run.port());
  const std::string path = "/api/v1/validation";
  const auto& item = document()["paths"][path];
  const auto& request = item["post"]["requestBody"]["content"]["application/json"]["schema"];
  const auto answered = [&](const char* method, const HttpAnswer& a) {
    const auto& response = resolved(item[method]["responses"].at(std::to_string(a.status)));
    return misfit(response["content"]["application/json"]["schema"], a.parsed(), path);
  };
  event::ValidationStored stored;
  stored.lab = "Lab 2";
  stored.nights = 3;
  stored.kappa = -.1;
  const auto body = wire::validation_body({"client-0001", true, stored});
  EXPECT_EQ(misfit(request, json::parse(body), "validation"), "");
  for (const int status : {201, 200}) {
    const auto a = peer.post(path, body);
    EXPECT_EQ(a.status, status) << a.body;
    EXPECT_EQ(answered("post", a), "");
  }
  const auto shown = peer.get(path);
  EXPECT_EQ(shown.parsed().at("validation").at("kappa"), -.1);
  EXPECT_EQ(answered("get", shown), "");
  for (const auto& [key, value] : {std::pair<const char*, json>{"kappa", 2}, {"nights", -1}, {"more", 1}}) {
    auto bad = json::parse(body);
    bad["data"][key] = value;
    EXPECT_NE(misfit(request, bad, "validation"), "") << key;
    const auto a = peer.post(path, bad.dump());
    EXPECT_EQ(a.status, 400) << key;
    EXPECT_EQ(answered("post", a), "");
  }
}

TEST(OpenApi, WhatIsStreamedFitsIt) {
  Running run;
  run.options.deadlines.standing = 1ms;
  run.start(notes(3));
  Peer peer(run.port());
  peer.upgrade();
  const auto next = [&](const std::string& kind, const std::string& name) {
    const auto m = peer.message();
    EXPECT_EQ(m.at("kind"), kind);
    return misfit(schema(name), m, kind);
  };
  EXPECT_EQ(next("hello", "HelloFrame"), "");
  EXPECT_EQ(next("history", "HistoryFrame"), "");
  run.commit("live");
  EXPECT_EQ(next("note.added", "Event"), "");
  run.server->publish_unrecorded({note("lost")});
  EXPECT_EQ(next("note.added", "Event"), "");
  run.server->publish_recording(false, "full");
  EXPECT_EQ(next("recording", "RecordingFrame"), "");
  fill(run);
  EXPECT_EQ(next("beds", "BedsFrame"), "");
  EXPECT_EQ(next("devices", "DevicesFrame"), "");
  Reading r;
  r.bed = "bed-1";
  r.breath_rpm = Measure{14, run.now.at};
  run.server->publish(std::vector{r});
  EXPECT_EQ(next("readings", "ReadingsFrame"), "");
  EXPECT_EQ(
      misfit(schema("Watch"), json::parse(R"({"kind":"watch","beds":["bed-1"],"waves":true})"), "watch"), "");
}

}  // namespace
}  // namespace vigil::serve::test

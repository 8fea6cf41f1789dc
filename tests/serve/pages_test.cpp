#include "serve/pages.hpp"

#include <filesystem>
#include <fstream>

#include "serve/digest.hpp"
#include "serve/harness.hpp"

namespace vigil::serve::test {
namespace {

namespace fs = std::filesystem;

/// A folder such as the page's build makes, gone with the object.
class Folder {
 public:
  Folder() {
    auto pattern = (fs::temp_directory_path() / "vigil-pages-XXXXXX").string();
    path = mkdtemp(pattern.data());
  }
  ~Folder() { fs::remove_all(path); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  void write(const std::string& name, std::string_view body) const {
    fs::create_directories((path / name).parent_path());
    std::ofstream(path / name, std::ios::binary) << body;
  }
  fs::path path;
};

constexpr auto index_html =
    "<!doctype html><html><head><STYLE>body{color:red}</STYLE><script type=module "
    "src=/assets/index-BX2k91Qa.js></script>"
    "<script>document.title='x'</script></head></html>";

struct Built : Folder {
  Built() {
    write("index.html", index_html);
    write("assets/index-BX2k91Qa.js", "console.log(1)");
    write("assets/index-BX2k91Qa.js.gz", "packed");
    write("favicon.svg", "<svg/>");
    write("sw.js", "self");
  }
};

TEST(Digest, KnownAnswers) {
  const auto empty = sha256("");
  EXPECT_EQ(base64(empty), "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=");  // FIPS 180-4
  EXPECT_EQ(base64(""), "");
  EXPECT_EQ(base64("f"), "Zg==");  // RFC 4648, section 10
  EXPECT_EQ(base64("fo"), "Zm8=");
  EXPECT_EQ(base64("foobar"), "Zm9vYmFy");
  EXPECT_EQ(websocket_accept("dGhlIHNhbXBsZSBub25jZQ=="), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");  // RFC 6455, 1.3
  EXPECT_TRUE(websocket_key_fits("dGhlIHNhbXBsZSBub25jZQ=="));
  EXPECT_FALSE(websocket_key_fits("dGhlIHNhbXBsZSBub25jZQ="));
  EXPECT_FALSE(websocket_key_fits("dGhlIHNhbXBsZSBub25j!Q=="));
  EXPECT_FALSE(websocket_key_fits(""));
}

TEST(Pages, ThePageIsRevalidatedAndAssetsAreKept) {
  const Built folder;
  Running run;
  run.options.web = folder.path;
  run.start();
  Peer peer(run.port());
  const auto page = peer.get("/");
  EXPECT_EQ(page.status, 200);
  EXPECT_EQ(page.body, index_html);
  EXPECT_EQ(page.header("content-type"), "text/html; charset=utf-8");
  EXPECT_EQ(page.header("cache-control"), "no-cache");
  const auto etag = page.header("etag");
  EXPECT_FALSE(etag.empty());
  auto again = peer.get("/", "If-None-Match: " + etag + "\r\n");
  EXPECT_EQ(again.status, 304);
  EXPECT_EQ(again.header("etag"), etag);
  EXPECT_EQ(again.header("content-length"), "");
  EXPECT_EQ(peer.get("/", "If-None-Match: W/\"a\", W/" + etag + "\r\n").status, 304);
  EXPECT_EQ(peer.get("/", "If-None-Match: *\r\n").status, 304);
  EXPECT_EQ(peer.get("/", "If-None-Match: \"other\"\r\n").status, 200);

  const auto asset = peer.get("/assets/index-BX2k91Qa.js");
  EXPECT_EQ(asset.header("cache-control"), "public, max-age=31536000, immutable");
  EXPECT_EQ(asset.header("content-type"), "text/javascript; charset=utf-8");
  EXPECT_EQ(asset.body, "console.log(1)");
  EXPECT_EQ(peer.get("/sw.js").header("cache-control"), "no-cache");
  EXPECT_EQ(peer.get("/favicon.svg").header("content-type"), "image/svg+xml");
}

TEST(Pages, ThePackedFormIsServedToThoseWhoTakeIt) {
  const Built folder;
  Running run;
  run.options.web = folder.path;
  run.start();
  Peer peer(run.port());
  const std::string path = "/assets/index-BX2k91Qa.js";
  const auto packed = peer.get(path, "Accept-Encoding: gzip, deflate, br\r\n");
  EXPECT_EQ(packed.body, "packed");
  EXPECT_EQ(packed.header("content-encoding"), "gzip");
  EXPECT_EQ(packed.header("vary"), "Accept-Encoding");
  const auto plain = peer.get(path, "Accept-Encoding: gzip;q=0\r\n");
  EXPECT_EQ(plain.header("content-encoding"), "");
  EXPECT_EQ(plain.header("vary"), "Accept-Encoding");
  EXPECT_NE(plain.header("etag"), packed.header("etag"));
  EXPECT_EQ(
      peer.get(path, "Accept-Encoding: gzip\r\nIf-None-Match: " + packed.header("etag") + "\r\n").status,
      304);
  EXPECT_EQ(peer.get(path, "If-None-Match: " + packed.header("etag") + "\r\n").status, 200);
  EXPECT_EQ(peer.get(path + ".gz").status, 404);  // not a file of its own
}

TEST(Pages, ThePagesOwnPathsAreThePage) {
  const Built folder;
  Running run;
  run.options.web = folder.path;
  run.start();
  Peer peer(run.port());
  for (const std::string path : {"/", "/index.html", "/lab", "/home", "/kiosk", "/home/bed-1?x=1"})
    EXPECT_EQ(peer.get(path).body, index_html) << path;
  for (const std::string path : {"/missing.js", "/assets/index-XXXXXXXX.js", "/.env"})
    EXPECT_EQ(peer.get(path).status, 404) << path;
  peer.request("HEAD", "/lab");
  const auto head = peer.answer(true);
  EXPECT_EQ(head.header("content-length"), std::to_string(std::string_view(index_html).size()));
}

TEST(Pages, ThePolicyIsStrictAndKnowsInlineText) {
  const Built folder;
  Running run;
  run.options.web = folder.path;
  run.start();
  Peer peer(run.port());
  const auto page = peer.get("/lab");
  EXPECT_EQ(page.header("content-security-policy"),
            "default-src 'none'; script-src 'self' 'sha256-" + base64(sha256("document.title='x'")) +
                "'; style-src 'self' 'sha256-" + base64(sha256("body{color:red}")) +
                "'; connect-src 'self'; img-src 'self' data:; font-src 'self'; manifest-src 'self'; "
                "worker-src 'self'; "
                "base-uri 'none'; form-action 'none'; frame-ancestors 'none'");
  for (const auto& a : {page, peer.get("/api/v1/beds"), peer.get("/missing.js"), peer.get("/sw.js")}) {
    EXPECT_EQ(a.header("x-content-type-options"), "nosniff");
    EXPECT_EQ(a.header("referrer-policy"), "no-referrer");
    EXPECT_EQ(a.header("cross-origin-opener-policy"), "same-origin");
    EXPECT_EQ(a.header("cross-origin-resource-policy"), "same-origin");
    EXPECT_NE(a.header("content-security-policy").find("default-src 'none'"), std::string::npos);
  }
  EXPECT_EQ(peer.get("/api/v1/beds").header("cache-control"), "no-store");
}

TEST(Pages, WithoutABuiltPageItSaysHowToBuildOne) {
  Running run;
  run.start();
  Peer peer(run.port());
  const auto page = peer.get("/");
  EXPECT_EQ(page.status, 200);
  EXPECT_NE(page.body.find("./dev build"), std::string::npos);
  EXPECT_NE(page.header("content-security-policy").find("style-src 'self' 'sha256-"), std::string::npos);
  Running empty;
  const Folder folder;
  empty.options.web = folder.path;
  empty.start();
  EXPECT_EQ(Peer(empty.port()).get("/lab").body, page.body);
}

TEST(Pages, HashesInNames) {
  for (const std::string_view path :
       {"/assets/index-BX2k91Qa.js", "/assets/a.b-____-_9z.css", "/assets/font.12345678.woff2"})
    EXPECT_TRUE(is_immutable(path)) << path;
  for (const std::string_view path : {"/index-BX2k91Qa.js", "/assets/index.js", "/assets/index-short.js",
                                      "/assets/BX2k91Qa.js", "/assets/x-BX2k91Q!.js", "/assets/x"})
    EXPECT_FALSE(is_immutable(path)) << path;
}

}  // namespace
}  // namespace vigil::serve::test

"""What programs do with boto3 and its defaults: s3_programs.py ENDPOINT BUCKET FOLDER, keys in the environment."""

import os
import sys

import boto3
import urllib3
from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from botocore.exceptions import ClientError

endpoint, bucket, folder = sys.argv[1:]
s3 = boto3.client("s3", endpoint_url=endpoint)
http = urllib3.PoolManager()
MIB = 1024 * 1024
odd_key = "a b/ü+&?#%20.txt"


def code_of(call, **arguments):
    """The S3 code with which a call fails."""
    try:
        call(Bucket=bucket, **arguments)
    except ClientError as error:
        return error.response["Error"]["Code"]
    raise AssertionError("the call was to fail")


def put_get_and_head():
    for checksum in ["CRC32", "SHA1", "SHA256"]:
        s3.put_object(Bucket=bucket, Key=odd_key, Body=b"bytes", ContentType="text/x", Metadata={"colour": "blue"},
                      ChecksumAlgorithm=checksum)
        got = s3.get_object(Bucket=bucket, Key=odd_key)
        assert got["Body"].read() == b"bytes"
        assert (got["ContentType"], got["Metadata"]) == ("text/x", {"colour": "blue"})
    assert s3.get_object(Bucket=bucket, Key=odd_key, Range="bytes=1-2")["Body"].read() == b"yt"
    assert s3.head_object(Bucket=bucket, Key=odd_key)["ContentLength"] == 5
    assert code_of(s3.head_object, Key="none") == "404"
    assert code_of(s3.get_object, Key="none") == "NoSuchKey"
    assert code_of(s3.put_object, Key=odd_key, Body=b"x", IfNoneMatch="*") == "PreconditionFailed"
    assert s3.get_bucket_location(Bucket=bucket)["LocationConstraint"] is None


def transfer_in_parts():
    source, target = os.path.join(folder, "source"), os.path.join(folder, "target")
    body = os.urandom(30 * MIB)
    with open(source, "wb") as file:
        file.write(body)
    in_parts = TransferConfig(multipart_threshold=8 * MIB, multipart_chunksize=8 * MIB, max_concurrency=4)
    s3.upload_file(source, bucket, "big", Config=in_parts)
    s3.copy({"Bucket": bucket, "Key": "big"}, bucket, "copied in parts", Config=in_parts)
    s3.copy_object(Bucket=bucket, Key="copied at once", CopySource={"Bucket": bucket, "Key": "big"})
    s3.copy_object(Bucket=bucket, Key="odd copy", CopySource={"Bucket": bucket, "Key": odd_key})
    assert s3.get_object(Bucket=bucket, Key="odd copy")["Body"].read() == b"bytes"
    assert s3.head_object(Bucket=bucket, Key="big")["ETag"].endswith('-4"')
    for key in ["big", "copied in parts", "copied at once"]:
        s3.download_file(bucket, key, target, Config=in_parts)
        with open(target, "rb") as file:
            assert file.read() == body, key


def list_and_delete():
    keys = [f"l/{number:04}" for number in range(1100)] + ["l/ü +&", "l/x\ty"]
    for key in keys:
        s3.put_object(Bucket=bucket, Key=key, Body=b"")
    for operation in ["list_objects", "list_objects_v2"]:
        pages = s3.get_paginator(operation).paginate(Bucket=bucket, Prefix="l/")
        assert sorted(entry["Key"] for page in pages for entry in page["Contents"]) == sorted(keys), operation
        pages = s3.get_paginator(operation).paginate(Bucket=bucket, Delimiter="/", PaginationConfig={"PageSize": 1})
        prefixes = [entry["Prefix"] for page in pages for entry in page.get("CommonPrefixes", [])]
        assert prefixes == ["a b/", "l/"], (operation, prefixes)
    deleted = s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": key} for key in keys[:1000]]})
    assert len(deleted["Deleted"]) == 1000 and "Errors" not in deleted
    for key in keys[1000:]:
        s3.delete_object(Bucket=bucket, Key=key)
    assert s3.list_objects_v2(Bucket=bucket, Prefix="l/")["KeyCount"] == 0


def give_up_an_upload():
    upload = s3.create_multipart_upload(Bucket=bucket, Key="given up")["UploadId"]
    s3.upload_part(Bucket=bucket, Key="given up", UploadId=upload, PartNumber=1, Body=b"part")
    assert [part["Size"] for part in s3.list_parts(Bucket=bucket, Key="given up", UploadId=upload)["Parts"]] == [4]
    assert len(s3.list_multipart_uploads(Bucket=bucket)["Uploads"]) == 1
    s3.abort_multipart_upload(Bucket=bucket, Key="given up", UploadId=upload)
    assert "Uploads" not in s3.list_multipart_uploads(Bucket=bucket)


def presign():
    # Left to itself, boto3 signs addresses with version 2 and forms too, which no new region of AWS takes.
    signer = boto3.client("s3", endpoint_url=endpoint, config=Config(signature_version="s3v4"))
    form = signer.generate_presigned_post(bucket, "form/${filename}", Fields={"Content-Type": "text/y"}, Conditions=[
        ["content-length-range", 1, 10], {"Content-Type": "text/y"}], ExpiresIn=60)
    posted = http.request("POST", form["url"], fields={**form["fields"], "file": ("a.txt", b"posted")})
    assert posted.status == 204, (posted.status, posted.data)
    assert s3.get_object(Bucket=bucket, Key="form/a.txt")["Body"].read() == b"posted"
    too_long = http.request("POST", form["url"], fields={**form["fields"], "file": ("b.txt", b"x" * 11)})
    assert too_long.status == 400 and b"EntityTooLarge" in too_long.data, (too_long.status, too_long.data)
    for method, operation in [("PUT", "put_object"), ("GET", "get_object"), ("DELETE", "delete_object")]:
        address = signer.generate_presigned_url(operation, Params={"Bucket": bucket, "Key": odd_key}, ExpiresIn=60)
        answer = http.request(method, address, body=b"signed" if method == "PUT" else None)
        assert answer.status in (200, 204), (method, answer.status, answer.data)
        assert method != "GET" or answer.data == b"signed"


for step in [put_get_and_head, transfer_in_parts, list_and_delete, give_up_an_upload, presign]:
    step()
    print("ok", step.__name__)

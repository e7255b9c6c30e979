//! The rows as SeaORM sees them. Only this crate uses them; the modules beside it turn them into typed records.

pub(crate) mod jobs {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, DeriveEntityModel)]
    #[sea_orm(table_name = "jobs")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) id: String,
        pub(crate) queue: String,
        pub(crate) name: String,
        pub(crate) data: String,
        pub(crate) subject: Option<String>,
        pub(crate) state: String,
        pub(crate) priority: i32,
        pub(crate) run_at: i64,
        pub(crate) max_attempts: i32,
        pub(crate) attempts_made: i32,
        pub(crate) backoff_ms: i64,
        pub(crate) stalled: i32,
        pub(crate) token: i64,
        pub(crate) worker: Option<String>,
        pub(crate) lease_until: Option<i64>,
        pub(crate) cancel_requested: bool,
        pub(crate) progress: f64,
        pub(crate) failed_code: Option<String>,
        pub(crate) failed_reason: Option<String>,
        pub(crate) created_at: i64,
        pub(crate) started_at: Option<i64>,
        pub(crate) finished_at: Option<i64>,
        pub(crate) seq: i64,
        pub(crate) backoff_kind: String,
        pub(crate) backoff_jitter: f64,
        pub(crate) timeout_ms: Option<i64>,
        pub(crate) progress_data: Option<String>,
        pub(crate) result: Option<String>,
        pub(crate) failed_detail: Option<String>,
        pub(crate) parent_id: Option<String>,
        pub(crate) on_failure: Option<String>,
        pub(crate) children_left: i32,
        pub(crate) relayed_at: Option<i64>,
        pub(crate) foreign_id: Option<String>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

pub(crate) mod videos {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, DeriveEntityModel)]
    #[sea_orm(table_name = "videos")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) id: String,
        pub(crate) title: String,
        pub(crate) status: String,
        pub(crate) playable: bool,
        pub(crate) progress: f64,
        pub(crate) generation: i64,
        pub(crate) published_generation: Option<i64>,
        pub(crate) source_size: i64,
        pub(crate) source_etag: Option<String>,
        pub(crate) duration_s: Option<f64>,
        pub(crate) width: Option<i32>,
        pub(crate) height: Option<i32>,
        pub(crate) outputs: Option<String>,
        pub(crate) failure_code: Option<String>,
        pub(crate) failure_message: Option<String>,
        pub(crate) created_at: i64,
        pub(crate) updated_at: i64,
        pub(crate) deleted_at: Option<i64>,
        pub(crate) external_id: Option<String>,
        pub(crate) live_generation: Option<i64>,
        pub(crate) captions_revision: i64,
        pub(crate) documents_revision: i64,
        pub(crate) description: String,
        pub(crate) visibility: String,
        pub(crate) tags: String,
        pub(crate) poster_s: Option<f64>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

pub(crate) mod uploads {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, DeriveEntityModel)]
    #[sea_orm(table_name = "uploads")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) id: String,
        pub(crate) video_id: String,
        pub(crate) status: String,
        pub(crate) filename: String,
        pub(crate) content_type: String,
        pub(crate) size: i64,
        pub(crate) part_size: Option<i64>,
        pub(crate) part_count: Option<i32>,
        pub(crate) storage_upload_id: Option<String>,
        pub(crate) created_at: i64,
        pub(crate) expires_at: i64,
        pub(crate) sha256: Option<String>,
        pub(crate) owner: Option<String>,
        pub(crate) mode: Option<String>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

pub(crate) mod objects {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, DeriveEntityModel)]
    #[sea_orm(table_name = "objects")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) object_key: String,
        pub(crate) owner: String,
        pub(crate) generation: i64,
        pub(crate) size: i64,
        pub(crate) checksum: Option<String>,
        pub(crate) created_at: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

pub(crate) mod captions {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, DeriveEntityModel)]
    #[sea_orm(table_name = "captions")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) video_id: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) language: String,
        pub(crate) kind: String,
        pub(crate) name: String,
        pub(crate) object_key: String,
        pub(crate) size: i64,
        pub(crate) sha256: String,
        pub(crate) updated_at: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

pub(crate) mod watermarks {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, DeriveEntityModel)]
    #[sea_orm(table_name = "watermarks")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) video_id: String,
        pub(crate) image: Vec<u8>,
        pub(crate) position: Option<String>,
        pub(crate) width: Option<f64>,
        pub(crate) margin: Option<f64>,
        pub(crate) opacity: Option<f64>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

pub(crate) mod recordings {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, DeriveEntityModel)]
    #[sea_orm(table_name = "recordings")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) video_id: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) generation: i64,
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) rendition: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) seq: i64,
        pub(crate) entry: String,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

pub(crate) mod settings {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, DeriveEntityModel)]
    #[sea_orm(table_name = "settings")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) name: String,
        pub(crate) value: String,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

pub(crate) mod tokens {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, DeriveEntityModel)]
    #[sea_orm(table_name = "api_tokens")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) hash: String,
        pub(crate) name: String,
        pub(crate) scope: String,
        pub(crate) created_at: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

pub(crate) mod images {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, DeriveEntityModel)]
    #[sea_orm(table_name = "images")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) id: String,
        pub(crate) external_id: Option<String>,
        pub(crate) title: String,
        pub(crate) status: String,
        pub(crate) progress: f64,
        pub(crate) origin: Option<String>,
        pub(crate) wish: String,
        pub(crate) revision: i64,
        pub(crate) content_type: String,
        pub(crate) size: i64,
        pub(crate) sha256: Option<String>,
        pub(crate) upload_owner: Option<String>,
        pub(crate) expires_at: Option<i64>,
        pub(crate) source_etag: Option<String>,
        pub(crate) batch: Option<String>,
        pub(crate) report: Option<String>,
        pub(crate) failure_code: Option<String>,
        pub(crate) failure_message: Option<String>,
        pub(crate) created_at: i64,
        pub(crate) updated_at: i64,
        pub(crate) deleted_at: Option<i64>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

pub(crate) mod cache_objects {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, DeriveEntityModel)]
    #[sea_orm(table_name = "cache_objects")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) batch: String,
        pub(crate) sha256: String,
        pub(crate) size: i64,
        pub(crate) content_type: String,
        pub(crate) width: Option<i32>,
        pub(crate) height: Option<i32>,
        pub(crate) created_at: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

pub(crate) mod cache_assets {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, DeriveEntityModel)]
    #[sea_orm(table_name = "cache_assets")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) id: String,
        pub(crate) external_id: Option<String>,
        pub(crate) url: String,
        pub(crate) url_sha256: String,
        pub(crate) optimized: bool,
        pub(crate) status: String,
        pub(crate) revision: i64,
        pub(crate) batch: Option<String>,
        pub(crate) width: Option<i32>,
        pub(crate) height: Option<i32>,
        pub(crate) etag: Option<String>,
        pub(crate) last_modified: Option<String>,
        pub(crate) failure_code: Option<String>,
        pub(crate) failure_message: Option<String>,
        pub(crate) evicted: bool,
        pub(crate) used_at: i64,
        pub(crate) checked_at: Option<i64>,
        pub(crate) created_at: i64,
        pub(crate) updated_at: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

pub(crate) mod movies {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, DeriveEntityModel)]
    #[sea_orm(table_name = "movies")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) id: String,
        pub(crate) external_id: Option<String>,
        pub(crate) title: String,
        pub(crate) created_at: i64,
        pub(crate) updated_at: i64,
        pub(crate) deleted_at: Option<i64>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

pub(crate) mod episodes {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, DeriveEntityModel)]
    #[sea_orm(table_name = "episodes")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) id: String,
        pub(crate) movie_id: String,
        pub(crate) external_id: Option<String>,
        pub(crate) number: i32,
        pub(crate) title: String,
        pub(crate) status: String,
        pub(crate) revision: i64,
        pub(crate) thumbnail_url: Option<String>,
        pub(crate) thumbnail_key: Option<String>,
        pub(crate) thumbhash: Option<String>,
        pub(crate) preview_url: Option<String>,
        pub(crate) preview_key: Option<String>,
        pub(crate) video_url: Option<String>,
        pub(crate) video_id: Option<String>,
        pub(crate) failure_code: Option<String>,
        pub(crate) failure_message: Option<String>,
        pub(crate) created_at: i64,
        pub(crate) updated_at: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}
